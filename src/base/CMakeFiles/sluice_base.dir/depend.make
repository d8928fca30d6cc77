# Empty dependencies file for sluice_base.
# This may be replaced when dependencies are built.
