"""From observations to findings: who answers, where it runs, who takes the mail, on what evidence.

Roles are kept apart, every hop is kept as evidence, and a network in front never speaks for what is behind.
"""
