using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Api.Tests.Linking;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Api.Tests.Threats.Routes.Callers;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>The relay's routes, where a session's own tokens count and nothing else: docs/protocol.md §13.4.</summary>
internal static class LinkRows
{
    private static readonly ImmutableArray<(Callers, string)> NotFound = [(Callers.All, "404 not-found")];

    public static ImmutableArray<RouteRow> All { get; } =
    [
        new("POST /v1/links", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/links", new RelayClient(visit.Named.Account).Opening)))
        {
            Own = [(Unsigned, "401 unauthenticated"), (Removed, "403 revoked"), (Code, "403 forbidden"),
                (Device | Young, "201 writes")],
            Other = AccountRows.Strangers,
        },
        new("POST /v1/links/{id}/claim", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, $"/v1/links/{visit.Named.Session.Id}/claim", new
            {
                joinToken = visit.Caller == Holder
                    ? visit.Scene.Mine.Session.JoinToken : Base64UrlText.Encode(RandomNumberGenerator.GetBytes(32)),
                bearerHash = RelayClient.HashOf(visit.Scene.Mine.Session.New),
            })))
        {
            Own = [(Callers.All & ~Holder, "404 not-found"), (Holder, "200 writes")], Other = NotFound,
        },
        new("GET /v1/links/nameplates/{nameplate}", visit => Task.FromResult(visit.Send(
            HttpMethod.Get, $"/v1/links/nameplates/{visit.Named.Nameplate}")))
        {
            Own = [(Callers.All, "200")], Other = [(Callers.All, "200")], Absent = NotFound,
        },
        new("PUT /v1/links/{id}/{side}/{seq}", visit => Task.FromResult(visit.SendLinked(
            HttpMethod.Put, $"/v1/links/{visit.Named.Session.Id}/e/0", [1])))
        {
            Own = [(Callers.All & ~Holder, "404 not-found"), (Holder, "204 writes")], Other = NotFound,
        },
        new("GET /v1/links/{id}/{side}/{seq}", visit => Task.FromResult(visit.SendLinked(
            HttpMethod.Get, $"/v1/links/{visit.Named.Session.Id}/n/0")))
        {
            Own = [(Callers.All & ~Holder, "404 not-found"), (Holder, "204")], Other = NotFound,
        },
        new("DELETE /v1/links/{id}", visit => Task.FromResult(visit.SendLinked(
            HttpMethod.Delete, $"/v1/links/{visit.Named.Session.Id}")))
        {
            Own = [(Callers.All & ~Holder, "404 not-found"), (Holder, "204 writes")], Other = NotFound,
        },
    ];
}
