using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Service.Stores;
using static KeyRecovery.Api.Tests.Threats.Routes.Callers;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>What anybody may ask (docs/protocol.md §9.2), and what operators may (§15.3).</summary>
internal static class OpenRows
{
    private static readonly ImmutableArray<(Callers, string)> Anybody = [(Callers.All, "200")];

    public static ImmutableArray<RouteRow> All { get; } =
    [
        new("GET /health/live", Get("/health/live")) { Own = Anybody },
        new("GET /health/ready", Get("/health/ready")) { Own = Anybody },
        new("GET /openapi/v1.json", Get("/openapi/v1.json")) { Own = Anybody },
        new("GET /audit/key", Get("/audit/key")) { Own = Anybody },
        new("GET /audit/checkpoint", Get("/audit/checkpoint")) { Own = Anybody },
        new("GET /audit/policy/{hash}", Get("/audit/policy/" + new string('0', 64)))
        {
            Own = [(Callers.All, "404 not-found")],
        },
        new("GET /audit/tile/{**path}", Get("/audit/tile/0/x001/000")) { Own = [(Callers.All, "404 not-found")] },
        new("GET /v1/jwks", Get("/v1/jwks")) { Own = Anybody },
        new("GET /v1/config", Get("/v1/config?app=demo")) { Own = Anybody },
        // In Development, from this machine: it gives whoever asks a token.
        new("POST /v1/dev/tokens", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/dev/tokens", new { subject = visit.Named.Account.Subject })))
        {
            Own = Anybody,
        },
        // An operator of another app files a job of its own, in which these users have no account.
        new("POST /v1/admin/erasures", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/admin/erasures",
            JsonSerializer.SerializeToUtf8Bytes(new { subject = Subject(visit) }), "application/x-ndjson")))
        {
            Own = [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
                (OtherOperator, "202"), (Operator, "202 writes")],
            Other = [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
                (OtherOperator, "202"), (Operator, "202 writes")],
            Absent = [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
                (Operators, "202")],
            Beside = [Table.ErasureJobs, Table.ErasureLines],
            Spends = true,
            Settle = async (visit, answer) => await Scene.DoneAsync(
                visit.Scene.Host, visit.Bearer!,
                (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString()!),
        },
        // As a list of erasures: in another app these users have no account.
        new("POST /v1/admin/moves", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/admin/moves", new
            {
                dryRun = false, moves = new[] { new { subject = Subject(visit), to = $"moved {Guid.NewGuid()}" } },
            })))
        {
            Own = [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
                (OtherOperator, "200"), (Operator, "200 writes")],
            Other = [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
                (OtherOperator, "200"), (Operator, "200 writes")],
            Absent = [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
                (Operators, "200")],
            Beside = [Table.Accounts, Table.Activity],
            Spends = true,
        },
        // Each app's back end hears of its own accounts, whoever is named; that another has the scope is no help.
        Told("GET /v1/events", Get("/v1/events?limit=1")),
        Told("GET /v1/admin/statistics", Get("/v1/admin/statistics")),
        // Leaves are found in the log, which anybody reads: what nobody has recorded is told by nobody.
        Told("POST /v1/admin/erasures/leaves", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/admin/erasures/leaves", new { leaves = new[] { new string('A', 43) } }))),
        // The other account's job here is one of the other app's operator.
        new("GET /v1/admin/erasures/{job}", visit => Task.FromResult(visit.Send(
            HttpMethod.Get, $"/v1/admin/erasures/{visit.Named.Job}")))
        {
            Own = [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
                (OtherOperator, "404 not-found"), (Operator, "200")],
            Other = [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
                (Operator, "404 not-found"), (OtherOperator, "200")],
            Absent = [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
                (Operators, "404 not-found")],
        },
    ];

    private static RouteRow Told(string route, Func<Visit, Task<HttpRequestMessage>> make)
    {
        ImmutableArray<(Callers, string)> answers =
        [
            (Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"), (Operators, "200"),
        ];
        return new RouteRow(route, make) { Own = answers, Other = answers, Absent = answers };
    }

    private static Func<Visit, Task<HttpRequestMessage>> Get(string target) =>
        visit => Task.FromResult(visit.Send(HttpMethod.Get, target));

    private static string Subject(Visit visit) =>
        visit.Aim == Aim.Absent ? Guid.NewGuid().ToString("N") : visit.Named.Account.Subject;
}
