using System.Collections.Immutable;
using KeyRecovery.Api.Stores;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
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
        // Whoever has a token of the account's app and what its phone has signed may register a slot, and none may
        // take another's.
        new("POST /v1/realm/register", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/realm/register", Free(visit).Registration(
                Realm(visit), visit.Named.Told, visit.Named.Account.Phone.Id, visit.Named.Account.Phone.Signing))))
        {
            Own = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (OtherToken, "422 refused"), (Token, "200")],
            Other = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (Token, "409 slot-exists"), (OtherToken, "422 refused")],
            Absent = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (Token, "200 writes"), (OtherToken, "422 refused")],
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
        // A head speaks for itself, and this one says nothing new.
        new("POST /v1/realm/follow", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/realm/follow", RealmFollow.Encode(visit.Named.Told.Head, [], []))))
        {
            Own = [(Callers.All, "200")],
        },
        // In the phone's name, with the caller's key; of another's account in that one's phone's.
        new("POST /v1/realm/command", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/realm/command", RealmCommand.Sign(
                Realm(visit).Fingerprint, visit.Named.Passphrase.Id, RealmAction.Status, 0, visit.Named.Told.Head, [],
                visit.Named.Account.Phone.Id, visit.KeyOr(visit.Scene.Mine.Passphrase.Signing)))))
        {
            Own = [(Callers.All & ~Callers.Device, "401 signature-invalid"), (Callers.Device, "200")],
            Other = [(Callers.All, "401 signature-invalid")],
        },
        // No home that the app names has signed it.
        new("POST /v1/realm/receipt", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/realm/receipt", Receipt(visit.Named.Id))))
        {
            Own = [(Callers.All, "422 refused")],
            Other = [(Callers.All, "422 refused")],
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

    private static byte[] Receipt(AccountId account)
    {
        var id = new ErasureId(new byte[ErasureId.Size]);
        using var stranger = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        return new RealmReceipt(account, SignedErasureReceipt.Decode(new ErasureReceipt
        {
            Id = id, Level = 1, App = "demo", Subject = ErasureReceipt.SubjectOf(id, account),
            RequestedBy = ErasureRequester.Device, RequestedAt = 1, ErasedAt = 2, Kek = 1, KekDestroyedAt = 0,
            Proofs = [ErasureProof.KeyAbsent, ErasureProof.RowsDeleted],
        }.Sign(stranger))).Encode();
    }

    // What one has registered is there for the next.
    private static TestRealmSlot Free(Visit visit) =>
        visit.Aim == Aim.Absent ? new TestRealmSlot(SystemRandom.Instance) : visit.Named.Passphrase;
}
