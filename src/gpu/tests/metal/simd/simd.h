// naga's translations include Apple's header of this name, and use none of it.
