"""What the API gives and takes, as types: energy in Wh, power in W, money in minor units, times with their zone.

Fields carry the names of our domain, so that what a use case returns fills them by itself.
"""
