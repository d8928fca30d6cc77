file(REMOVE_RECURSE
  "libsluice_base.a"
)
