# Empty compiler generated dependencies file for sluice_device.
# This may be replaced when dependencies are built.
