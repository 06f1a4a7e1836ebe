#!/usr/bin/perl
# Speaks as the Perl client of administrators' scripts does: it looks for a challenge in
# the greeting, asks for INLINE, quotes whatever is not made of letters and digits, puts
# AUTH behind DATA, and leaves out a blank here and there.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use IO::Socket::INET;
use MIME::Base64;

my ($host, $port, $login, $password) = @ARGV;
my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 60) or die "connect: $!";
$socket->autoflush(1);
my ($code, $text);

sub response {
    my $line = <$socket>;
    die "the server closed the connection" unless defined $line;
    $line =~ s/\r?\n$//;
    $line =~ /^(\d+)\s(.*)$/ or die "strange answer: $line";
    ($code, $text) = ($1, $2);
}

sub ask {
    print $socket shift, "\015\012";
    response();
}

sub ok {
    my ($command, $want) = @_;
    ask($command);
    die "$command: $code $text" unless $code == 200 || $code == 201;
    die "$command: $text" if defined $want && $text !~ /^$want$/;
}

sub refused {
    my ($command, $want) = @_;
    ask($command);
    die "$command: $code $text" unless $code == $want;
}

sub words {
    my $word = shift;
    return $word if $word =~ /^[A-Za-z0-9]+$/;
    $word =~ s/(["\\])/\\$1/g;
    return '"' . $word . '"';
}

response();
die "no challenge: $text" unless $text =~ /(\<.*\@*\>)/;
ok("APOP $login " . md5_hex($1 . $password));
ok('INLINE');

ok('MainDomainName', 'client1\.com');
ok('ListDomains', '\(client1\.com,client2\.com,client3\.com\)');
ok('ListAccounts client2.com', '\{ann=macnt;boss=macnt;helper=macnt;\}');
ok('GetAccountSettings john', '\{Password=john-pw;.*\}');
ok('GetAccountInfo john Key ' . words('LastLogin'), '#T05-03-2009_10:11:12');
ok('VerifyAccountPassword john PASSWORD ' . words('john-pw'));
refused('VerifyAccountPassword john PASSWORD ' . words('wrong'), 501);

my $data = encode_base64(join('', map { chr } 0 .. 255), '');
ok('WriteStorageFile john FILE ' . words('perl/') . ' DATA []');
ok('WriteStorageFile john FILE ' . words('perl/a "b".bin') . " DATA [$data] AUTH john");
ok('ReadStorageFile john FILE ' . words('perl/a "b".bin'), '\(\[' . quotemeta($data) . '\],#T[-_:0-9]+,#256\)');
ok('ReadStorageFile john FILE ' . words('perl/a "b".bin') . ' OFFSET 250 SIZE 100', '\(\[' . quotemeta(encode_base64(join('', map { chr } 250 .. 255), '')) . '\],#T[-_:0-9]+,#256\)');
ok('UpdateStorageFileAttr john FILE ' . words('perl/') . '("<note>' . 'it\'s</note>")');
ok('ReadStorageFileAttr john FILE ' . words('perl/') . '(note)', '\(<note>it\'s</note>\)');
ok('ListStorageFiles john PATH ' . words('perl'), '\{"a \\\\"b\\\\"\.bin"=\{.*\};\}');
ok('GetStorageFileInfo john PATH ' . words('perl'), '\(#\d+,#\d+\)');
ok('RenameStorageFile john FILE ' . words('perl/a "b".bin') . ' INTO ' . words('perl/c'));
ok('DeleteStorageFile john FILE ' . words('perl/c'));
ok('DeleteStorageFile john FILE ' . words('perl/'));
refused('ReadStorageFile john FILE ' . words('perl/c'), 501);

ok('SetFileSubscription john (' . words('~mary/private/x') . ')');
ok('GetFileSubscription john', '\("~mary/private/x"\)');

ok('CreateDomainSkin client3.com SKIN ' . words('per-l'));
ok('StoreDomainSkinFile client3.com SKIN ' . words('per-l') . ' FILE ' . words('a.html') . " DATA [$data]");
ok('ReadDomainSkinFile client3.com SKIN ' . words('per-l') . ' FILE ' . words('a.html'), '\(\[' . quotemeta($data) . '\],#T[-_:0-9]+\)');
ok('StoreDomainSkinFile client3.com SKIN ' . words('per-l') . ' FILE ' . words('a.html') . ' DELETE');
ok('DeleteDomainSkin client3.com SKIN ' . words('per-l'));
ok('CreateServerPBX' . words('en-us'));
ok('ListServerPBXFiles ', '\{en-us=\(\);\}');
refused('CreateAccount x', 500);
refused('NEWPASS x', 501);
ok('QUIT');
print "done\n";
