// Reads a log's folder by the implementation that Go's own checksum database uses: opens the checkpoint, checks every entry
// against the tiles, and tells each proof that it makes. Usage: tlog FOLDER VKEY SKEY. It also signs a note, to be read back.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	root := folder(os.Args[1])
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	raw, err := os.ReadFile(filepath.Join(os.Args[1], "checkpoint"))
	check(err)
	opened, err := note.Open(raw, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	hash, err := tlog.ParseHash(lines[2])
	check(err)
	tree := tlog.Tree{N: size, Hash: hash}
	reader := tlog.TileHashReader(tree, root)

	answer := struct {
		Size        int64
		Inclusion   [][]string
		Consistency [][]string
		Note        string
	}{Size: size}
	for first := int64(0); first < size; first += 256 {
		name := filepath.Join(os.Args[1], fmt.Sprintf("tile/entries/%03d", first/256))
		if size-first < 256 {
			name += fmt.Sprintf(".p/%d", size-first)
		}
		bundle, err := os.ReadFile(name)
		check(err)
		for n := first; len(bundle) > 0; n++ {
			length := binary.BigEndian.Uint16(bundle)
			entry := bundle[2 : 2+length]
			bundle = bundle[2+length:]
			proof, err := tlog.ProveRecord(size, n, reader)
			check(err)
			check(tlog.CheckRecord(proof, size, hash, n, tlog.RecordHash(entry)))
			answer.Inclusion = append(answer.Inclusion, text(proof))
		}
	}
	for n := int64(1); n <= size; n++ {
		old, err := tlog.TreeHash(n, reader)
		check(err)
		proof, err := tlog.ProveTree(size, n, reader)
		check(err)
		check(tlog.CheckTree(proof, size, hash, n, old))
		answer.Consistency = append(answer.Consistency, append([]string{base64.StdEncoding.EncodeToString(old[:])}, text(proof)...))
	}
	signer, err := note.NewSigner(os.Args[3])
	check(err)
	signed, err := note.Sign(&note.Note{Text: opened.Text, Sigs: opened.Sigs}, signer)
	check(err)
	answer.Note = string(signed)
	check(json.NewEncoder(os.Stdout).Encode(answer))
}

func text(hashes []tlog.Hash) []string {
	told := []string{}
	for _, hash := range hashes {
		told = append(told, base64.StdEncoding.EncodeToString(hash[:]))
	}
	return told
}
