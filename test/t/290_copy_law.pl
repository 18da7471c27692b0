# Random bytes: a direct scan of format csv is COPY of the same bytes (test/fuzz/copy_law.py): PDS_RECORDS of them, of PDS_SEED.
use strict;
use warnings;
use File::Basename;
use PdsTest;
use Test::More;

need_stack();
exec stack_python(), dirname(__FILE__) . '/../fuzz/copy_law.py' or BAIL_OUT("cannot start Python: $!");
