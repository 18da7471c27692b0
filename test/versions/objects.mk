# The objects that test/versions/check looks at; a second run compiles what has changed.
#   make -f test/versions/objects.mk DIR=build/versions/18 SOURCES="..." FLAGS="..."
objects := $(patsubst %.c,$(DIR)/%.o,$(SOURCES))

all: $(objects)

$(DIR)/flags: force
	@mkdir -p $(DIR) && echo '$(CC) $(FLAGS)' | cmp -s - $@ || echo '$(CC) $(FLAGS)' >$@

$(DIR)/%.o: %.c $(DIR)/flags
	@mkdir -p $(@D) && $(CC) $(FLAGS) -O0 -fPIC -MMD -MP -c -o $@ $<

.PHONY: all force
-include $(objects:.o=.d)
