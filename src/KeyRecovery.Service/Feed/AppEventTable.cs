
namespace KeyRecovery.Service.Feed;

/// <summary>The one table from what is logged to what an app is told.</summary>
internal static class AppEventTable
{
    /// <summary>
    /// What an app is told of a change as such; null where it is told of nothing, or of what the change's links do.
    /// </summary>
    public static AppEventKind? Of(AuditEvent what, AuditRole by) => what switch
    {
        AuditEvent.Created => AppEventKind.AccountCreated,
        AuditEvent.Repaired => AppEventKind.AccountRepaired,
        AuditEvent.Undone => AppEventKind.AccountUndone,
        AuditEvent.RecoveryTried => AppEventKind.RecoveryBegun,
        // Operators know what they have asked for, and hear when it is done.
        AuditEvent.ErasureRequested => by == AuditRole.Device ? AppEventKind.ErasureHeld : null,
        AuditEvent.ErasureCancelled => AppEventKind.ErasureCancelled,
        AuditEvent.Erased => AppEventKind.Erased,
        AuditEvent.Suspended => AppEventKind.Suspended,
        AuditEvent.Resumed => AppEventKind.Resumed,
        AuditEvent.Held => AppEventKind.Held,
        AuditEvent.Released => AppEventKind.Released,
        AuditEvent.Moved => AppEventKind.Moved,
        AuditEvent.Exported => AppEventKind.Exported,
        _ => null,
    };
}
