/* Loads two plug-ins, which must not notice each other. The host itself is not linked to the library. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugin.h"

typedef struct {
  __typeof__(&convolves) convolves;
  __typeof__(&held) held;
  __typeof__(&keep) keep;
} plugin;

static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (found == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  return found;
}

/* Each symbol of the plug-in is offered to what is loaded later, as careless hosts do. */
static plugin load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  return (plugin){symbol(library, "convolves"), symbol(library, "held"), symbol(library, "keep")};
}

int main(int count, char **paths) {
  if (count != 3) return 2;
  const plugin first = load(paths[1]), second = load(paths[2]);
  if (!first.convolves() || !second.convolves()) return 3;
  const size_t before = second.held();
  first.keep();
  if (first.held() == before || second.held() != before) {
    fprintf(stderr, "the plug-ins share a library\n");
    return 4;
  }
  return dlsym(RTLD_DEFAULT, "mlx_convolve_version") != NULL;
}
