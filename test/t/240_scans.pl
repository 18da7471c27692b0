# Random tables and queries of direct scans against a heap (test/fuzz/scans.py): PDS_CASES of them, of PDS_SEED.
use strict;
use warnings;
use File::Basename;
use PdsTest;
use Test::More;

need_stack();
exec stack_python(), dirname(__FILE__) . '/../fuzz/scans.py' or die("cannot start Python: $!");
