# Empty compiler generated dependencies file for tensor_test.
# This may be replaced when dependencies are built.
