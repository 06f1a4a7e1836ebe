package sharing_test

import (
	"fmt"

	"github.com/cgpkit/cgpkit/filestore/sharing"
)

func ExamplePath() {
	path, err := sharing.Path("private/holidays/beach.jpg", "KEY", false)
	fmt.Println(path, err)
	path, err = sharing.Path("private/holidays", "KEY", true)
	fmt.Println(path, err)
	// Output:
	// protected/holidays/pwd/KEY/beach.jpg <nil>
	// protected/holidays/pwd/KEY/ <nil>
}
