"""Figures about the house itself, and what keeps them true; nothing here is part of the product."""
