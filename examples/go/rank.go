// Rank ranks a user's candidates on a SaviorRec server, puts up a new item, and ranks it with them.
//
//	go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.10
//	go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.5.1
//	go generate
//	go run . TARGET USER HISTORY CANDIDATES PICTURE
//
// for instance: go run . localhost:8500 10072 1000017,1000034 1000051,1000068 scarf.png
package main

//go:generate protoc -I ../../proto/src/main/proto --go_out=. --go-grpc_out=. --go_opt=module=savior-example --go-grpc_opt=module=savior-example --go_opt=Msaviorrec/v1/scoring.proto=savior-example/saviorrec/v1 --go_opt=Msaviorrec/v1/items.proto=savior-example/saviorrec/v1 --go-grpc_opt=Msaviorrec/v1/scoring.proto=savior-example/saviorrec/v1 --go-grpc_opt=Msaviorrec/v1/items.proto=savior-example/saviorrec/v1 saviorrec/v1/scoring.proto saviorrec/v1/items.proto

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	savior "savior-example/saviorrec/v1"
)

const (
	// What a page can wait, retries included; an item's picture takes the server longer.
	scoreTimeout  = 300 * time.Millisecond
	upsertTimeout = 10 * time.Second
	newItem       = 9000001
)

// Calls go round all addresses of the name. Retries have a budget: ten failures use it up, ten
// successes earn one back. Where a server says when to come back, gRPC waits so long.
const serviceConfig = `{
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "saviorrec.v1.Scoring"}, {"service": "saviorrec.v1.Items"}],
    "retryPolicy": {
      "maxAttempts": 3,
      "initialBackoff": "0.02s",
      "maxBackoff": "0.5s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
    }
  }],
  "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}
}`

// A PEM file of the authorities that the servers' certificates are of; without it, plaintext.
var authorities = os.Getenv("SAVIOR_AUTHORITIES")

type scored struct {
	item   int64
	pctr   float32
	source savior.ScoreSource
}

// One connection serves a whole process; it connects at the first call.
func connect(target string) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if authorities != "" {
		var err error
		if transport, err = credentials.NewClientTLSFromFile(authorities, ""); err != nil {
			return nil, err
		}
	}
	return grpc.NewClient(target,
		grpc.WithTransportCredentials(transport), grpc.WithDefaultServiceConfig(serviceConfig))
}

// begin gives a call its deadline, and says who calls where servers ask for it. Only over TLS:
// whoever listens could use the token.
func begin(timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx := context.Background()
	if token := os.Getenv("SAVIOR_TOKEN"); token != "" && authorities != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	return context.WithTimeout(ctx, timeout)
}

// rank gives the candidates with click probability and source, the likeliest first; as they came,
// and with neither, where nobody answers in time, or at all. Any other failure is a mistake.
func rank(scoring savior.ScoringClient, user int64, history, candidates []int64) ([]scored, error) {
	ctx, cancel := begin(pageTimeout())
	defer cancel()
	answer, err := scoring.Score(ctx, &savior.ScoreRequest{
		User:         &savior.User{UserId: user, History: history},
		CandidateIds: candidates,
		Flags:        map[string]string{"caller": "example"},
	})
	ranked := make([]scored, len(candidates))
	for i, item := range candidates {
		ranked[i].item = item
	}
	switch status.Code(err) {
	case codes.OK:
		for i := range ranked {
			ranked[i].pctr, ranked[i].source = answer.Pctr[i], answer.Sources[i]
		}
		sort.SliceStable(ranked, func(i, j int) bool { return ranked[i].pctr > ranked[j].pctr })
		return ranked, nil
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Internal:
		fmt.Fprintln(os.Stderr, "not ranked:", err)
		return ranked, nil
	default:
		return nil, err
	}
}

// putUp stores an item; once it returns, the item can be scored.
func putUp(items savior.ItemsClient, id int64, title, picture string) error {
	image, err := os.ReadFile(picture)
	if err != nil {
		return err
	}
	ctx, cancel := begin(upsertTimeout)
	defer cancel()
	answer, err := items.UpsertItems(ctx, &savior.UpsertItemsRequest{
		Items: []*savior.Item{{ItemId: id, Title: title, Image: image}},
	})
	if err != nil {
		return err
	}
	// What is wrong with one item fails no other, so it is not the call's status.
	if problem := answer.Results[0].Error; problem != "" {
		return fmt.Errorf("item %d: %s", id, problem)
	}
	return nil
}

func run(target string, user int64, history, candidates []int64, picture string) error {
	connection, err := connect(target)
	if err != nil {
		return err
	}
	defer connection.Close()
	scoring := savior.NewScoringClient(connection)
	print := func(candidates []int64) error {
		ranked, err := rank(scoring, user, history, candidates)
		for _, each := range ranked {
			fmt.Println(each.item, each.pctr, each.source)
		}
		return err
	}
	if err := print(candidates); err != nil {
		return err
	}
	if err := putUp(savior.NewItemsClient(connection), newItem, "Red scarf", picture); err != nil {
		return err
	}
	return print(append(candidates, newItem))
}

func pageTimeout() time.Duration {
	if given, err := strconv.Atoi(os.Getenv("SAVIOR_DEADLINE_MS")); err == nil {
		return time.Duration(given) * time.Millisecond
	}
	return scoreTimeout
}

func ids(text string) []int64 {
	var ids []int64
	for _, word := range strings.Split(text, ",") {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			fail(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	if len(os.Args) != 6 {
		fail(fmt.Errorf("usage: rank TARGET USER HISTORY CANDIDATES PICTURE"))
	}
	err := run(os.Args[1], ids(os.Args[2])[0], ids(os.Args[3]), ids(os.Args[4]), os.Args[5])
	if err != nil {
		fail(err)
	}
}
