# Empty dependencies file for sluice_tensor.
# This may be replaced when dependencies are built.
