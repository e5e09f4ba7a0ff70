using KeyRecovery.Client.Realms;
using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Client.Passphrases;

/// <summary>What one realm made of a guess.</summary>
/// <param name="Index">Its place in the slot's parameters, from 1.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Realm">The realm; null where it could not be reached.</param>
/// <param name="Reply">What it said.</param>
internal sealed record RealmAnswer(int Index, string Name, RealmConnection? Realm, RealmReply Reply)
{
    /// <summary>Its status, where its evaluation is proven.</summary>
    public RealmStatus? Status => (Reply as RealmReply.Answered)?.Status;

    /// <summary>What is told of a realm that was of no use.</summary>
    public RealmReport Report() => Reply switch
    {
        RealmReply.Answered =>
            new RealmReport(Name, RealmFault.Head, new ClientFailure.RealmLied(Name, RealmFault.Head).Message),
        RealmReply.Faulty faulty =>
            new RealmReport(Name, faulty.Fault, new ClientFailure.RealmLied(Name, faulty.Fault).Message),
        RealmReply.Refused refused =>
            new RealmReport(Name, RealmFault.None, $"{Name} gives no guess now ({refused.Refusal})"),
        RealmReply.Failed { Failure: ClientFailure.RealmLied lied } => new RealmReport(Name, lied.Fault, lied.Message),
        RealmReply.Failed failed => new RealmReport(Name, RealmFault.None, failed.Failure.Message),
        _ => new RealmReport(Name, RealmFault.None, $"{Name} does not know this passphrase slot"),
    };
}
