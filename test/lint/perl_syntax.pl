# Compile each file that is named and run none: findings of make lint for those that do not compile.
use strict;
use warnings;
use PdsTest ();

my $bad = 0;
for my $file (@ARGV)
{
	open(my $fh, '<', $file) or die "$file: $!";
	my $text = do { local $/; <$fh> };
	close($fh);
	local $@;
	local $SIG{__WARN__} = sub { };
	$text =~ s/^__(END|DATA)__$.*//ms;
	my $package = 'L' . ($file =~ s/\W/_/gr);
	eval "package $package; no warnings; return 1;\n#line 1 \"$file\"\n$text\n1;" and next;
	my ($what, $line) = $@ =~ /^(.*?) at \Q$file\E line (\d+)/s;
	printf "%s:%d: perl: %s\n", $file, $line // 1, ($what // $@) =~ s/\s+/ /gr;
	$bad = 1;
}
exit $bad;
