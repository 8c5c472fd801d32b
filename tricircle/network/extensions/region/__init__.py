"""API extensions of the regions' Neutrons alone, which central must not load."""
