// manifestcheck reads rendered Kubernetes objects (YAML documents) from standard input and prints what an API server would refuse:
// unknown or repeated fields, wrong types, what the schemas of the Prometheus operator's resources don't allow, and pods that the
// restricted Pod Security standard doesn't. One finding a line; exit status 1 when there are any.
//
//	manifestcheck CRD-DIRECTORY < objects.yaml
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/util/yaml"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: manifestcheck CRD-DIRECTORY < objects.yaml")
		os.Exit(2)
	}
	findings, err := run(os.Args[1], os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "manifestcheck:", err)
		os.Exit(2)
	}
	for _, finding := range findings {
		fmt.Println(finding)
	}
	if len(findings) > 0 {
		os.Exit(1)
	}
}

func run(crdDirectory string, in io.Reader) ([]string, error) {
	schemas, err := loadSchemas(crdDirectory)
	if err != nil {
		return nil, err
	}
	checker, err := newChecker(schemas)
	if err != nil {
		return nil, err
	}
	var findings []string
	objects := 0
	documents := yaml.NewYAMLReader(bufio.NewReader(in))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if !holdsObject(document) {
			continue
		}
		objects++
		findings = append(findings, checker.check(document)...)
	}
	if objects == 0 {
		return nil, errors.New("no object in the input")
	}
	return findings, nil
}

// Helm leaves documents that hold nothing but comments.
func holdsObject(document []byte) bool {
	for _, line := range bytes.Split(document, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return true
		}
	}
	return false
}
