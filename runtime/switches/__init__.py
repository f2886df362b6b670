"""What there is to know of switches beside their rule: where they stand, who gets which side, what they leave behind.

Must not know commands, nor how a decision follows from a rule (`dark_lang.deciding`).
"""
