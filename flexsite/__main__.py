"""`python -m flexsite` is the command line."""

from flexsite.cli import main

main()
