using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;
using static KeyRecovery.Api.Tests.Threats.Routes.Callers;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>What an app's operators may ask of and do to one account: docs/protocol.md §21.</summary>
internal static class AdminRows
{
    private static readonly ImmutableArray<(Callers, string)> Others =
        [(Tokenless, "401 unauthenticated"), (Token | OtherToken, "401 token-invalid"),
            (OtherOperator, "404 not-found")];

    // Told to the account's activity once the log has it.
    private static readonly ImmutableArray<Table> Later = [Table.Restraints, Table.Accounts, Table.Activity];

    public static ImmutableArray<RouteRow> All { get; } =
    [
        Reads("GET /v1/admin/accounts", visit => $"?subject={Subject(visit)}"),
        Reads("GET /v1/admin/accounts/{id}", Id),
        Reads("GET /v1/admin/accounts/{id}/holds", visit => $"{Id(visit)}/holds"),
        Writes("POST /v1/admin/accounts/{id}/suspend", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, $"/v1/admin/accounts{Id(visit)}/suspend"))),
        Writes("POST /v1/admin/accounts/{id}/resume", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, $"/v1/admin/accounts{Id(visit)}/resume")), "suspend"),
        Writes("POST /v1/admin/accounts/{id}/hold", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, $"/v1/admin/accounts{Id(visit)}/hold",
            new { reason = "a court's order", reference = $"{Guid.NewGuid()}" }))),
        Writes("POST /v1/admin/accounts/{id}/release", async visit => visit.Send(
            HttpMethod.Post, $"/v1/admin/accounts{Id(visit)}/release",
            new { reference = await ReferenceAsync(visit.Scene, visit.Named.Id) }), "hold"),
        Writes("GET /v1/admin/accounts/{id}/export", visit => Task.FromResult(visit.Send(
            HttpMethod.Get, $"/v1/admin/accounts{Id(visit)}/export"))),
        // A user of its own for each: one that another account has is a conflict.
        Writes("POST /v1/admin/accounts/{id}/move", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, $"/v1/admin/accounts{Id(visit)}/move", new { subject = $"moved {Guid.NewGuid()}" })))
        with { Spends = true },
    ];

    private static RouteRow Reads(string route, Func<Visit, string> rest) => new(
        route, visit => Task.FromResult(visit.Send(HttpMethod.Get, $"/v1/admin/accounts{rest(visit)}")))
    {
        Own = [.. Others, (Operator, "200")],
        Other = [.. Others, (Operator, "200")],
        Absent = [.. Others, (Operator, "404 not-found")],
    };

    private static RouteRow Writes(string route, Func<Visit, Task<HttpRequestMessage>> make, string? before = null) =>
        new(route, make)
        {
            Own = [.. Others, (Operator, "200 writes")],
            Other = [.. Others, (Operator, "200 writes")],
            Absent = [.. Others, (Operator, "404 not-found")],
            Beside = Later,
            Prepare = async scene =>
            {
                if (before is null) return;
                foreach (var id in new[] { scene.Mine.Id, scene.Other.Id }) await DoAsync(scene, id, before);
            },
        };

    private static string Id(Visit visit) => $"/{visit.Named.Id}";

    private static string Subject(Visit visit) =>
        visit.Aim == Aim.Absent ? Guid.NewGuid().ToString("N") : visit.Named.Account.Subject;

    private static async Task DoAsync(Scene scene, AccountId id, string what)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/admin/accounts/{id}/{what}")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", scene.Operator) },
        };
        if (what == "hold")
            request.Content = JsonContent.Create(new { reason = "a court's order", reference = $"{Guid.NewGuid()}" });
        using var answer = await scene.Host.Client.SendAsync(request);
        // There is one hold at a time.
        Assert.True((int)answer.StatusCode is 200 or 409);
    }

    private static async Task<string> ReferenceAsync(Scene scene, AccountId id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/admin/accounts/{id}/holds")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", scene.Operator) },
        };
        using var answer = await scene.Host.Client.SendAsync(request);
        if (!answer.IsSuccessStatusCode) return "none";
        var holds = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("holds").EnumerateArray();
        return holds.Last().GetProperty("reference").GetString()!;
    }
}
