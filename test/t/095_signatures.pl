# Signatures, judged by servers that verify them: moto, versitygw and MinIO, with keys that are hard to sign.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename;
use File::Temp 'tempdir';
use IPC::Open2;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
my $top = abs_path(dirname(__FILE__) . '/../..');
my $check = ($ENV{BUILD} // "$top/build/unit") . '/sign_check';
die('sign_check does not build') if system("make -s -C $top/test/unit $check >&2");
my $dir = tempdir('pds_095.XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $pid = open2(my $out, my $in, stack_python(), "$top/test/lib/signing_servers.py", $dir);
my $seen = 0;

while (my $line = <$out>)
{
	my $s = decode_json($line);
	last unless $s->{name};
	$seen++;
  SKIP:
	{
		skip $s->{skip}, 1 if $s->{skip};
		my @tap = split /\n/, `$check '$s->{url}' '$s->{bucket}' '$s->{access_key}' '$s->{secret_key}' '$s->{keys}' 2>&1`;

		is($? & 127, 0, "$s->{name}: it runs to its end");
		like($tap[-1] // '', qr/^1\.\.\d+$/, "$s->{name}: all was asked");
		for my $i (0 .. $#tap)
		{
			next unless $tap[$i] =~ /^(not )?ok \d+ - (.*)/;
			ok(!$1, "$s->{name}: $2") or diag($tap[ $i + 2 ] // '');
		}
		# what the server itself does not keep, as boto3 saw it
		note("$s->{name} does not keep " . pack('H*', $_)) for @{ $s->{left_out} };
		cmp_ok(scalar @{ $s->{left_out} }, '<=', $s->{asked} / 2, "$s->{name}: most keys can be asked for ("
			  . ($s->{asked} - @{ $s->{left_out} }) . " of $s->{asked})");
	}
}
is($seen, 3, 'three servers, or their reasons');
close $in;
close $out;
waitpid $pid, 0;
done_testing();
