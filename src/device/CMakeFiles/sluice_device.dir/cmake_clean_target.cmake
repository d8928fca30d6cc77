file(REMOVE_RECURSE
  "libsluice_device.a"
)
