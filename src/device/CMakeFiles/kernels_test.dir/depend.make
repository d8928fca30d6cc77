# Empty dependencies file for kernels_test.
# This may be replaced when dependencies are built.
