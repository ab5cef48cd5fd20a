# One-line names for cargo xtask, which needs nothing installed.

up:
    cargo xtask up

reset:
    cargo xtask up --reset

test:
    cargo xtask test

bench:
    cargo xtask bench

chaos:
    cargo xtask chaos

sqlx:
    cargo xtask sqlx

settings:
    cargo xtask settings

openapi:
    cargo xtask openapi

metrics:
    cargo xtask metrics

schemathesis:
    cargo xtask schemathesis

browser:
    cargo xtask browser
