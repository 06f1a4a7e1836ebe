package tftpsite

// receiveFile answers a write request. The last block is acknowledged when the
// file is stored.
func (t *transfer) receiveFile() error {
	r := receiver{t: t, answer: t.options()}
	if r.answer == nil {
		r.answer = ackPacket(0)
	}
	for !r.last {
		if err := t.exchange(r.send, r.accept); err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
	}
	if err := t.commit(); err != nil {
		return err
	}
	t.send(r.answer)
	return nil
}

// receiver takes the blocks of an upload, so many in a window.
type receiver struct {
	t       *transfer
	answer  []byte // the last acknowledgement
	arrived int    // blocks since it was sent
	missed  bool   // one was lost, and the client was told so
	last    bool   // all have come
	err     error  // of the storage
}

// send begins a window: it tells the client which block is next.
func (r *receiver) send() {
	r.arrived = 0
	r.t.send(r.answer)
}

func (r *receiver) accept(packet []byte) answer {
	t := r.t
	if opcode(packet) != opData {
		return nothing
	}
	switch ahead := int16(blockOf(packet) - uint16(t.blocks) - 1); {
	case ahead == -1 && r.arrived == 0 && t.blocks > 0:
		return again // the client missed our answer
	case ahead < 0 || ahead > 0 && r.missed:
		return nothing
	case ahead > 0: // RFC 7440 §4
		r.missed = true
		return again
	}
	r.missed = false
	data := packet[4:]
	if len(data) > t.block {
		r.err = errOversize
		return done
	}
	if _, r.err = t.Write(data); r.err != nil {
		return done
	}
	t.blocks++
	r.arrived++
	r.answer = ackPacket(uint16(t.blocks))
	r.last = len(data) < t.block
	if r.last || r.arrived == t.window {
		return done
	}
	return progress
}
