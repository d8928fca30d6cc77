file(REMOVE_RECURSE
  "libsluice_host.a"
)
