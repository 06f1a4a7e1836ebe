package qrsvg_test

import (
	"fmt"

	"github.com/cgpkit/cgpkit/httpsite/pages/qrsvg"
)

func ExampleDraw() {
	svg, err := qrsvg.Draw("https://client1.com/~john/", "John's site")
	fmt.Println(svg[:60], err)
	// Output: <svg class="qr" role="img" xmlns="http://www.w3.org/2000/svg <nil>
}
