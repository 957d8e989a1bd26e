"""An invented agency with planted errors and known truth: demonstration, tests, benchmark."""
