file(REMOVE_RECURSE
  "libsluice_tensor.a"
)
