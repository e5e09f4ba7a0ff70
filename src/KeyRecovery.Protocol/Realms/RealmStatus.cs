using System.Collections.Immutable;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>A realm's answer to any request (docs/protocol.md §14.4).</summary>
public sealed record RealmStatus
{
    private const int Fields = 19;

    /// <summary>The realm's fingerprint.</summary>
    public required Hash256 Realm { get; init; }

    /// <summary>The slot.</summary>
    public required AuthorityId Slot { get; init; }

    /// <summary>SHA-256 of the body that is answered.</summary>
    public required Hash256 Request { get; init; }

    /// <summary>How the slot stands.</summary>
    public required RealmSlotState State { get; init; }

    /// <summary>Guesses left before the share is destroyed.</summary>
    public required int GuessesLeft { get; init; }

    /// <summary>How long the next guess has to wait, in milliseconds.</summary>
    public required ulong NextAttemptInMs { get; init; }

    /// <summary>How many resets there were: the next one names it.</summary>
    public required ulong Round { get; init; }

    /// <summary>The slot's keys, and what the realm knows of its account.</summary>
    public required RealmSlotTold Told { get; init; }

    /// <summary>What was asked for, with an answer to a guess.</summary>
    public OprfEvaluation? Evaluation { get; init; }

    /// <summary>At most 64, the oldest first; in answers to commands only.</summary>
    public ImmutableArray<RealmEvent> Events { get; init; } = [];

    /// <summary>Signs it as the realm.</summary>
    /// <returns>The body of the answer.</returns>
    public byte[] Sign(SigningKey realmKey)
    {
        var writer = new CborOut().Array(Fields).Text(Labels.RealmStatus).UInt(1)
            .Bytes(Realm).Bytes(Slot).Bytes(Request).UInt((ulong)State).UInt((ulong)GuessesLeft).UInt(NextAttemptInMs)
            .UInt(Round).UInt(Told.Count).Bytes(Told.ShareKey.ToArray()).Bytes(Told.SigningKey.ToArray());
        Told.Heads.Write(writer);
        writer.Bytes(Evaluation is null ? [] : Evaluation.Evaluated.ToArray())
            .Bytes(Evaluation is null ? [] : Evaluation.Proof.ToArray())
            .Array(Events.Length);
        foreach (var entry in Events) writer.Array(2).UInt(entry.At).UInt((ulong)entry.Kind);
        return SignedBody.Sign(SignatureLabel.RealmStatus, writer.ToArray(), realmKey);
    }

    /// <summary>Reads an answer, or says what is wrong with it: nothing of it is used then.</summary>
    /// <param name="answer">The body of the answer.</param>
    /// <param name="realm">The pinned realm.</param>
    /// <param name="slot">The slot that was asked about.</param>
    /// <param name="request">The body that was sent.</param>
    public static (RealmStatus? Status, RealmFault Fault) Read(
        ReadOnlyMemory<byte> answer, RealmIdentity realm, AuthorityId slot, ReadOnlySpan<byte> request)
    {
        try
        {
            var signed = SignedBody.Decode(answer, RealmLimits.AnswerBytes);
            if (!signed.IsSignedBy(realm.SigningKey, SignatureLabel.RealmStatus)) return (null, RealmFault.Signature);
            var (status, fault) = Decode(signed.Body);
            if (status is null) return (null, fault);
            return status.Realm == realm.Fingerprint && status.Slot == slot && status.Request == Hash256.Of(request)
                ? (status, RealmFault.None)
                : (null, RealmFault.OtherRequest);
        }
        catch (WireFormatException)
        {
            return (null, RealmFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return (null, RealmFault.UpgradeRequired);
        }
    }

    private static (RealmStatus?, RealmFault) Decode(ReadOnlyMemory<byte> body)
    {
        var reader = RealmBody.Open(body, Fields, Labels.RealmStatus);
        var (realm, slot, request) = (reader.Hash(), reader.Authority(), reader.Hash());
        var state = (RealmSlotState)reader.UInt((ulong)RealmSlotState.Destroyed);
        WireFormatException.Require(state != 0, "a state is due here");
        var (guesses, wait, round) = ((int)reader.UInt(int.MaxValue), reader.UInt(), reader.UInt());
        var told = ReadTold(reader);
        var (evaluated, proof) = (reader.Bytes(0, OprfElement.Size), reader.Bytes(0, OprfProof.Size));
        var events = ReadEvents(reader);
        reader.End();
        if (told is null) return (null, RealmFault.Element);

        OprfEvaluation? evaluation = null;
        if (evaluated.Length + proof.Length != 0)
        {
            if (!OprfElement.TryParse(evaluated, out var element)) return (null, RealmFault.Element);
            if (!OprfProof.TryParse(proof, out var parsed)) return (null, RealmFault.Proof);
            evaluation = new OprfEvaluation(element, parsed);
        }
        return (new RealmStatus
        {
            Realm = realm,
            Slot = slot,
            Request = request,
            State = state,
            GuessesLeft = guesses,
            NextAttemptInMs = wait,
            Round = round,
            Told = told,
            Evaluation = evaluation,
            Events = events,
        }, RealmFault.None);
    }

    // Null where the share key is no element.
    private static RealmSlotTold? ReadTold(CborIn reader)
    {
        var count = reader.UInt();
        var isElement = OprfElement.TryParse(
            reader.BytesView(OprfElement.Size, OprfElement.Size).Span, out var shareKey);
        var signingKey = new VerifyKey(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span);
        var heads = RealmHeads.Read(reader);
        return isElement ? new RealmSlotTold(count, shareKey!, signingKey, heads) : null;
    }

    private static ImmutableArray<RealmEvent> ReadEvents(CborIn reader)
    {
        var events = ImmutableArray.CreateBuilder<RealmEvent>();
        for (var left = reader.Array(0, RealmLimits.Events); left > 0; left--)
        {
            reader.Array(2);
            var (time, kind) = (reader.UInt(), reader.UInt());
            if (kind is < (ulong)RealmEventKind.Registered or > (ulong)RealmEventKind.Refused)
                throw new UpgradeRequiredException("an event of an unknown kind");
            events.Add(new RealmEvent(time, (RealmEventKind)kind));
        }
        return events.ToImmutable();
    }
}
