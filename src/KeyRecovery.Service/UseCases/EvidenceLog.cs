using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// What the log says of evidence that this server keeps as a realm: that there is some, and of nobody.
/// </summary>
internal sealed class EvidenceLog(ServiceContext context) : IEvidenceLog
{
    public (ChangeId Id, RowWrite Outbox) Plan(Hash256 evidence, Row stored)
    {
        var leaf = new AuditLeaf(
            context.Now.Wall, AuditEvent.HeadsDiffer, AuditRole.Server, LeafLabel.Draw(context.Random), evidence,
            context.Policy.Hash);
        var logged = LoggedChange.Of(leaf, stored.Key, stored, context.Random, events: default);
        return (logged.Id, logged.Outbox);
    }

    public void Wake() => context.Log.Wake();
}
