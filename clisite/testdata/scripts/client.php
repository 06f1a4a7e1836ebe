<?php
// Speaks as old PHP clients do: USER and PASS, INLINE, the older names of commands, and
// datablocks in quotes.
[, $host, $port, $login, $password] = $argv;
$socket = fsockopen($host, (int)$port, $errno, $error, 60);
if (!$socket) {
    fwrite(STDERR, "connect: $error\n");
    exit(1);
}

function answer(): array {
    global $socket;
    $line = rtrim((string)fgets($socket), "\r\n");
    return [(int)substr($line, 0, 3), substr($line, 4)];
}

function ask(string $command, int $want = 200, ?string $pattern = null): string {
    global $socket;
    fwrite($socket, $command . "\r\n");
    [$code, $text] = answer();
    if ($code !== $want || $pattern !== null && !preg_match($pattern, $text)) {
        fwrite(STDERR, substr("$command: $code $text", 0, 500) . "\n");
        exit(1);
    }
    return $text;
}

if (answer()[0] !== 200) {
    exit(1);
}
ask("USER $login", 300);
ask("PASS $password");
ask("INLINE");
$content = random_bytes(100000);
$data = base64_encode($content);
ask("PutWebFile $login FILE \"php.bin\" DATA \"$data\"");
$got = ask("GetWebFile $login FILE \"php.bin\"", 201, '/^\(\[[^\]]*\],#T[-_:0-9]+,#100000\)$/');
if (base64_decode(substr($got, 2, strpos($got, "]") - 2), true) !== $content) {
    fwrite(STDERR, "content differs\n");
    exit(1);
}
ask("PutWebFile $login FILE \"php.bin\" OFFSET 100000 DATA \"[" . base64_encode("more") . "]\"");
ask("GetWebFile $login FILE \"php.bin\" OFFSET 100000 SIZE 10", 201, '/^\(\[bW9yZQ==\],/');
ask("RenameWebFile $login FILE \"php.bin\" INTO \"moved.bin\"");
ask("ListWebFiles $login", 201, '/moved\.bin=\{STFileSize=#100004;/');
ask("GetWebFilesInfo $login", 201, '/^\(#\d+,#\d+\)$/');
ask("DeleteWebFile $login FILE \"moved.bin\"");
ask("DeleteWebFile $login FILE \"moved.bin\"", 501);
ask("GetAccountInfo $login Key \"LastLogin\"", 201);
ask("QUIT");
echo "done\n";
