using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Log;

/// <summary>
/// What a log has told of its server so far: where that is another today, a leaf says so before any other.
/// </summary>
/// <param name="Policy">SHA-256 of the policy.</param>
/// <param name="Key">SHA-256 of the verifier key that signs.</param>
/// <param name="Restores">Restores of stores, as leaves commit to them: the newest.</param>
internal sealed record ToldOfItself(Hash256 Policy, Hash256 Key, ImmutableArray<Hash256> Restores)
{
    private const int MostRestores = 8;

    /// <summary>What is to be told, in this order.</summary>
    /// <param name="now">How it is today.</param>
    /// <returns>Each with what a leaf of it commits to, and what the log has told then.</returns>
    public IEnumerable<(AuditEvent Event, Hash256 Commitment, ToldOfItself Then)> Owed(ToldOfItself now)
    {
        var told = this;
        if (told.Key != now.Key)
            yield return (AuditEvent.LogKeyChanged, now.Key, told = told with { Key = now.Key });
        if (told.Policy != now.Policy)
            yield return (AuditEvent.PolicyChanged, told.Policy, told = told with { Policy = now.Policy });
        foreach (var restore in now.Restores.Except(Restores))
            yield return (AuditEvent.Restored, restore, told = told.With(restore));
    }

    /// <summary>After a leaf that somebody else has appended.</summary>
    public ToldOfItself After(AuditLeaf leaf)
    {
        var after = this with { Policy = leaf.Policy };
        return leaf.Event switch
        {
            AuditEvent.LogKeyChanged => after with { Key = leaf.Commitment },
            AuditEvent.Restored => after.With(leaf.Commitment),
            _ => after,
        };
    }

    public CborOut Write(CborOut writer)
    {
        writer.Array(3).Bytes(Policy).Bytes(Key).Array(Restores.Length);
        foreach (var restore in Restores) writer.Bytes(restore);
        return writer;
    }

    public static ToldOfItself Read(CborIn reader)
    {
        reader.Array(3);
        var (policy, key) = (reader.Hash(), reader.Hash());
        var restores = ImmutableArray.CreateBuilder<Hash256>(reader.Array(0, MostRestores));
        for (var left = restores.Capacity; left > 0; left--) restores.Add(reader.Hash());
        return new ToldOfItself(policy, key, restores.MoveToImmutable());
    }

    private ToldOfItself With(Hash256 restore) =>
        this with { Restores = [.. Restores.Add(restore).TakeLast(MostRestores)] };
}
