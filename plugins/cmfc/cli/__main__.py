"""`python -m cmfc.cli`."""

from cmfc.cli.main import main

main()
