//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// peers returns the servers. The others serve strangers, who may write below pub,
// as they all can do that without users of the system.
func peers(server string) []*peer {
	return []*peer{
		{
			name: "cgpkit", user: "john", pass: "secret", dir: "Accounts/john.macnt/account.web",
			start: func(dir, addr string) (*exec.Cmd, error) {
				if server == "" {
					return nil, fmt.Errorf("no -server")
				}
				err := write(dir, "Settings/Main.settings", "{\n DomainName = bench.example;\n}\n")
				if err == nil {
					err = write(dir, "Accounts/john.macnt/account.settings", "{\n MaxWebSize = unlimited;\n Password = secret;\n}\n")
				}
				cmd := exec.Command(server, "-base", dir, "-http", "off", "-tftp", "off", "-cli", "off", "-log-level", "warn", "-ftp", addr)
				cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
				return cmd, err
			},
		},
		{
			name: "vsftpd", user: "anonymous", pass: "x", dir: "pub",
			start: func(dir, addr string) (*exec.Cmd, error) {
				_, port, _ := net.SplitHostPort(addr)
				err := write(dir, "../vsftpd.conf", fmt.Sprintf("listen=YES\nlisten_address=127.0.0.1\nlisten_port=%s\nanonymous_enable=YES\nlocal_enable=NO\nwrite_enable=YES\n"+
					"anon_upload_enable=YES\nanon_other_write_enable=YES\nanon_umask=022\nanon_root=%s\nsecure_chroot_dir=%s\nseccomp_sandbox=NO\nbackground=NO\nmax_per_ip=0\nno_anon_password=YES\n",
					port, dir, dir))
				return command("vsftpd", err, filepath.Join(dir, "../vsftpd.conf"))
			},
		},
		{
			name: "proftpd", user: "anonymous", pass: "x", dir: "pub",
			start: func(dir, addr string) (*exec.Cmd, error) {
				_, port, _ := net.SplitHostPort(addr)
				err := write(dir, "../proftpd.conf", fmt.Sprintf("ServerName bench\nServerType standalone\nDefaultAddress 127.0.0.1\nSocketBindTight on\nPort %s\nUseIPv6 off\nUseReverseDNS off\n"+
					"User nobody\nGroup nogroup\nScoreboardFile %s/../proftpd.score\nPidFile %s/../proftpd.pid\nSystemLog none\nTransferLog none\nWtmpLog off\nDelayEngine off\nMaxInstances 100\n"+
					"<Anonymous %s>\nUser ftp\nGroup nogroup\nUserAlias anonymous ftp\nRequireValidShell off\n<Directory pub>\nAllowOverwrite on\n</Directory>\n</Anonymous>\n", port, dir, dir, dir))
				return command("proftpd", err, "-n", "-c", filepath.Join(dir, "../proftpd.conf"))
			},
		},
		{
			name: "pure-ftpd", user: "anonymous", pass: "x", dir: "pub",
			start: func(dir, addr string) (*exec.Cmd, error) {
				_, port, _ := net.SplitHostPort(addr)
				return command("pure-ftpd", nil, "-S", "127.0.0.1,"+port, "-e", "-H", "-4", "-c", "100", "-C", "100", "-g", filepath.Join(dir, "../pure.pid"))
			},
		},
	}
}

func command(name string, err error, args ...string) (*exec.Cmd, error) {
	if err != nil {
		return nil, err
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, err
	}
	return exec.Command(path, args...), nil
}

func write(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
