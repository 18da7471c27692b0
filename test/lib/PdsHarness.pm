# PdsHarness.pm
#	What prove needs to know of our tests: which of them run alone, what of
#	their output is shown, and the sum that make test ends with.
#
#	prove --harness PdsHarness --exec test/lib/slot ...
package PdsHarness;

use strict;
use warnings;
use parent 'TAP::Harness';

# Tests that say "alone: ..." in a comment among their first lines measure time: they come
# last, when nothing else runs.  They wait more than they work, so beside one another is quiet enough.
# The others start in the order that was asked for.
sub make_scheduler
{
	my ($self, @tests) = @_;
	my (@beside, @alone);

	push @{ says_alone($_) ? \@alone : \@beside }, $_ for @tests;
	$self->rules({ seq => [ map { glob_of(@$_) } grep { @{ $_->[1] } } [ par => \@beside ], [ par => \@alone ] ] });
	return $self->SUPER::make_scheduler(@tests);
}

sub glob_of
{
	my ($how, $names) = @_;

	return { $how => [ map { s/([\\*?{}\[\]])/\\$1/gr } @$names ] };
}

sub says_alone
{
	my ($file) = @_;

	$file =~ s{^build/(unit/.*)}{test/$1.c};
	open my $fh, '<', $file or return 0;
	while (my $line = <$fh>)
	{
		return 1 if $line =~ m{^(?:#| \*|//) alone: };
		last if $. >= 20;
	}
	return 0;
}

# N counts assertions; a file that died, or did not keep its plan, is one that failed.
sub summary
{
	my ($self, $aggregate) = @_;
	my ($passed, $failed, $skipped, %why) = (0, 0, 0);

	for my $name ($aggregate->descriptions)
	{
		my ($p) = $aggregate->parsers($name);
		my $bad = () = $p->failed;
		my $left_out = () = $p->skipped;

		$bad = 1 if !$bad && ($p->exit || $p->parse_errors);
		$passed += $p->passed - $left_out;
		$failed += $bad;
		$skipped += $left_out + ($p->skip_all ? 1 : 0);
		$why{"$name: " . $p->skip_all}++ if $p->skip_all;
		show($name, $p) if $bad;
		skips($name, \%why) if $left_out;
	}
	print "    skipped: $_" . ($why{$_} > 1 ? " ($why{$_})" : '') . "\n" for sort keys %why;
	$self->SUPER::summary($aggregate);
	print "\n$passed passed, $failed failed, $skipped skipped\n";
	return;
}

# where test/lib/slot keeps the output of a test
sub output
{
	my ($name) = @_;

	open my $fh, '<', "$ENV{PDS_TEST_OUTPUT}/" . ($name =~ s{/}{_}gr) or return ();
	return <$fh>;
}

sub show
{
	my ($name, $p) = @_;
	my ($left, $shown, @lines) = (0, 0, output($name));

	print "\n$name\n";
	print "    $_\n" for $p->parse_errors;
	print '    it ended with status ', $p->exit, "\n" if $p->exit;
	@lines = @lines[ -30 .. -1 ] if @lines > 30 && !(grep { /^not ok/ } @lines);
	for my $line (@lines)
	{
		$left = 12 if $line =~ /^not ok/ || !$p->failed;
		next if $left-- <= 0 || $shown++ > 120;
		print "    $line";
	}
	return;
}

sub skips
{
	my ($name, $why) = @_;

	$why->{"$name: " . ($_ =~ s/\s+\z//r)}++ for map { /^ok \d+.*# SKIP *(.*)/i ? $1 : () } output($name);
	return;
}

1;
