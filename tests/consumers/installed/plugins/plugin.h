/* What a plug-in offers its host. */
#include <mlx_convolve.h>

/* Whether the plug-in convolves. */
int convolves(void);
/* The bytes that the plug-in's library holds. */
size_t held(void);
/* Lets the plug-in's library hold some. */
void keep(void);
