# How often inference is right, of files made here and of public ones where they are.
# no stack
use strict;
use warnings;
use File::Basename;
use Test::More;

my $top = dirname(__FILE__) . '/../..';
my $out = `python3 $top/test/inference/run.py 2>&1`;
is($?, 0, 'inference/run.py') or diag($out);
diag($_) for grep { /right|least|^\w+ +(?:delimiter|header|types) / } split /\n/, $out;
my ($least) = $out =~ /^least: ([\d.]+) %$/m;
cmp_ok($least // 0, '>=', 98, 'delimiters, headers and types are right in 98 % of each kind at least');
SKIP:
{
	skip 'public files are not here', 1 unless $out =~ /^public +types +(\d+) +(\d+)/m;
	is($1, $2, 'types of public files');
}
done_testing();
