using System.Collections.Immutable;
using KeyRecovery.Api.Stores;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service;
using KeyRecovery.Testing.Realms;
using Microsoft.Extensions.DependencyInjection;
using static KeyRecovery.Api.Tests.Threats.Routes.Callers;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>The realm's routes: docs/protocol.md §14.4.</summary>
internal static class RealmRows
{
    public static ImmutableArray<RouteRow> All { get; } =
    [
        new("GET /v1/realm", visit => Task.FromResult(visit.Send(HttpMethod.Get, "/v1/realm")))
        {
            Own = [(Callers.All, "200")],
        },
        // Any user of any app may register a slot of their own, and none may take another's.
        new("POST /v1/realm/register", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/realm/register", Free(visit).Registration(Realm(visit)))))
        {
            Own = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (OtherToken, "409 slot-exists"), (Token, "200")],
            Other = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (Token | OtherToken, "409 slot-exists")],
            Absent = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (Token | OtherToken, "200 writes")],
            Tells = "register is create-only by slot id",
        },
        new("POST /v1/realm/evaluate", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/realm/evaluate", visit.Named.Passphrase.Guess().Body)))
        {
            Own = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (OtherToken, "404 not-found"), (Token, "200 writes")],
            Other = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (Token | OtherToken, "404 not-found")],
        },
        new("POST /v1/realm/reset", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/realm/reset", visit.Named.Passphrase.Reset(
                Realm(visit), visit.Named.Attempt, visit.KeyOr(visit.Scene.Mine.Passphrase.Signing)))))
        {
            Own = [(Callers.All & ~Holder, "401 signature-invalid"), (Holder, "200 writes")],
            Other = [(Callers.All, "401 signature-invalid")],
        },
        new("POST /v1/realm/manage", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/realm/manage", visit.Named.Passphrase.Manage(
                Realm(visit), visit.Scene.NextVersion(), RealmCommand.Pause,
                visit.KeyOr(visit.Scene.Mine.Passphrase.Management)))))
        {
            Own = [(Callers.All & ~Holder, "401 signature-invalid"), (Holder, "200 writes")],
            Other = [(Callers.All, "401 signature-invalid")],
        },
        // The token names the account, and none but its own.
        new("GET /v1/recovery/slots", visit => Task.FromResult(visit.Send(HttpMethod.Get, "/v1/recovery/slots")))
        {
            Own = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (OtherToken, "404 not-found"), (Token, "200")],
        },
    ];

    private static RealmIdentity Realm(Visit visit) =>
        visit.Scene.Host.Services.GetRequiredService<KeyRecoveryService>().Realm.Identity;

    // What one has registered is there for the next.
    private static TestRealmSlot Free(Visit visit) =>
        visit.Aim == Aim.Absent ? new TestRealmSlot(SystemRandom.Instance) : visit.Named.Passphrase;
}
