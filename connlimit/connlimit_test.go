package connlimit_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/connlimit"
)

// room are places with a fixed number, and who gave way.
type room struct {
	connlimit.Places
	total, perAddr int
	gone           []string
}

func (r *room) enter(addr string) (*connlimit.Place, bool) {
	a, _ := netip.ParseAddr(addr)
	return r.Enter(a, r.total, r.perAddr, func() { r.gone = append(r.gone, addr) })
}

func (r *room) trusted(t *testing.T, addr string) *connlimit.Place {
	t.Helper()
	place, ok := r.enter(addr)
	require.True(t, ok, addr)
	place.Trust(true)
	return place
}

func TestPlacesOfTheTrusted(t *testing.T) {
	t.Parallel()
	r := &room{total: 3, perAddr: 2}
	r.trusted(t, "127.0.0.1")
	b := r.trusted(t, "::ffff:127.0.0.1")
	_, ok := r.enter("127.0.0.1")
	require.False(t, ok, "two from one address")
	r.trusted(t, "127.0.0.2")
	_, ok = r.enter("127.0.0.3")
	require.False(t, ok, "three in all")
	require.False(t, b.Leave())
	require.False(t, b.Leave(), "once more does nothing")
	r.trusted(t, "127.0.0.1")
	_, ok = r.enter("127.0.0.3")
	require.False(t, ok)
	require.Empty(t, r.gone)

	six := &room{total: 9, perAddr: 1}
	six.trusted(t, "2001:db8::1")
	_, ok = six.enter("2001:db8::2")
	require.False(t, ok, "the same network")
	six.trusted(t, "2001:db8:0:1::1")
	six.trusted(t, "") // a client without an address is one of its own
	_, ok = six.enter("")
	require.False(t, ok)
}

func TestStrangersGiveWay(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name           string
		total, perAddr int
		trusted        []string
		strange        []string
		busy           string
		comes          string
		gone           []string
		refused        bool
	}{
		{name: "room", total: 3, perAddr: 3, strange: []string{"10.0.0.1", "10.0.0.2"}, comes: "10.0.0.3"},
		{name: "the oldest", total: 2, perAddr: 2, strange: []string{"10.0.1.1", "10.0.2.1"}, comes: "10.0.3.1", gone: []string{"10.0.1.1"}},
		{name: "of the largest network", total: 3, perAddr: 3, strange: []string{"10.0.1.1", "10.0.2.1", "10.0.2.2"}, comes: "10.0.3.1", gone: []string{"10.0.2.1"}},
		{name: "of the largest address there", total: 4, perAddr: 3, strange: []string{"10.0.1.1", "10.0.2.1", "10.0.2.2", "10.0.2.2"}, comes: "10.0.3.1", gone: []string{"10.0.2.2"}},
		{name: "networks of IPv6", total: 3, perAddr: 3, strange: []string{"2001:db8::1", "2001:db8:1::1", "2001:db8:1:1::1"}, comes: "::1", gone: []string{"2001:db8:1::1"}},
		{name: "idle before busy", total: 2, perAddr: 2, strange: []string{"10.0.1.1", "10.0.2.1"}, busy: "10.0.1.1", comes: "10.0.3.1", gone: []string{"10.0.2.1"}},
		{name: "busy if all are", total: 1, perAddr: 2, strange: []string{"10.0.1.1"}, busy: "10.0.1.1", comes: "10.0.3.1", gone: []string{"10.0.1.1"}},
		{name: "at the own address", total: 9, perAddr: 2, strange: []string{"10.0.2.1", "10.0.2.1", "10.0.1.1", "10.0.1.1"}, comes: "10.0.1.1", gone: []string{"10.0.1.1"}},
		{name: "not the trusted", total: 3, perAddr: 3, trusted: []string{"10.0.1.1", "10.0.1.1"}, strange: []string{"10.0.2.1"}, comes: "10.0.1.1", gone: []string{"10.0.2.1"}},
		{name: "the trusted make no crowd", total: 4, perAddr: 4, trusted: []string{"10.0.1.1", "10.0.1.1"}, strange: []string{"10.0.1.1", "10.0.2.1"}, comes: "10.0.3.1", gone: []string{"10.0.1.1"}},
		{name: "nobody is left", total: 2, perAddr: 2, trusted: []string{"10.0.1.1", "10.0.2.1"}, comes: "10.0.3.1", refused: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := &room{total: row.total, perAddr: row.perAddr}
			for _, addr := range row.trusted {
				r.trusted(t, addr)
			}
			for _, addr := range row.strange {
				place, ok := r.enter(addr)
				require.True(t, ok)
				place.Busy(addr == row.busy)
			}
			_, ok := r.enter(row.comes)
			require.Equal(t, row.refused, !ok)
			require.Equal(t, row.gone, r.gone)
		})
	}
}

// Whoever takes all places, from however many addresses, keeps nobody out, and
// those who leave are bounded as well.
func TestPlacesOfACrowd(t *testing.T) {
	t.Parallel()
	r := &room{total: 100, perAddr: 20}
	var last *connlimit.Place
	for i := range 150 {
		place, ok := r.enter(netip.AddrFrom4([4]byte{10, 0, byte(i % 5), byte(i % 10)}).String())
		require.True(t, ok)
		if i == 0 {
			last = place
		}
	}
	mine, ok := r.enter("192.0.2.1")
	require.True(t, ok)
	require.Len(t, r.gone, 51)
	for i := range 49 {
		_, ok := r.enter(netip.AddrFrom4([4]byte{10, 0, byte(i % 5), byte(i % 10)}).String())
		require.True(t, ok)
	}
	require.NotContains(t, r.gone, "192.0.2.1", "it has only one")
	_, ok = r.enter("192.0.2.2")
	require.False(t, ok, "100 are still leaving")
	require.True(t, last.Leave(), "it gave way")
	_, ok = r.enter("192.0.2.2")
	require.True(t, ok)
	mine.Trust(true)
	mine.Trust(false)
	require.False(t, mine.Leave())
	mine.Trust(true) // does nothing any more
}

func TestLimit(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	limited := new(connlimit.Places).Listener(l, 10, 2)
	defer limited.Close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c
	}
	dial()
	dial()
	first, err := limited.Accept()
	require.NoError(t, err)
	second, err := limited.Accept()
	require.NoError(t, err)
	defer second.Close()
	connlimit.PlaceOf(first).Trust(true)
	connlimit.PlaceOf(second).Trust(true)
	third := dial()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := limited.Accept()
		accepted <- c
	}()
	_, err = third.Read(make([]byte, 1))
	require.Error(t, err, "one too many is closed")
	require.NoError(t, first.Close())
	first.Close()
	dial()
	c := <-accepted
	require.NotNil(t, c, "one that left makes room for one, however often it is closed")
	fifth := dial()
	d, err := limited.Accept()
	require.NoError(t, err)
	defer d.Close()
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, net.ErrClosed, "one that is not trusted gives way")
	c.Close()
	_, err = fifth.Write([]byte("x"))
	require.NoError(t, err)
	_, err = d.Read(make([]byte, 1))
	require.NoError(t, err)
	require.Nil(t, connlimit.PlaceOf(fifth))
}
