using KeyRecovery.Api.Reports;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Storage.Files.Backups;

namespace KeyRecovery.Api.Backups;

/// <summary>
/// Reads a set as a restore would, anywhere, and writes nothing: a backup that nobody has read is a hope.
/// </summary>
internal static class Rehearsal
{
    public static async Task<RehearsalReport> RunAsync(
        RestoreArguments arguments, TimeProvider time, CancellationToken ct)
    {
        try
        {
            var folder = new BackupFolder(arguments.From!);
            var set = folder.Read(out var isSignedBy);
            if (arguments.AuditKey is { } auditKey && !isSignedBy(auditKey))
                return RehearsalReport.Failed("the set was not signed with that audit key");
            if (await folder.FindProblemsAsync(set, ct) is [var broken, ..]) return RehearsalReport.Failed(broken);
            if (!set.HasKeys) return new RehearsalReport("done", null, set.Data.Size, null, 0, 0, false);
            if (set.ExpiresAt <= (ulong)time.GetUtcNow().ToUnixTimeSeconds())
                return RehearsalReport.Failed("the keys of this set have expired");
            if (EscrowOpening.TryOpen(arguments, set) is not { } keks)
                return new RehearsalReport("done", null, set.Data.Size, null, 0, 0, false);
            try
            {
                var check = new SnapshotCheck(keks);
                await using var file = folder.OpenKeys(set);
                check.Read(file, set, isSignedBy);
                file.End();
                return check.IsSigned
                    ? new RehearsalReport(
                        "done", null, set.Data.Size, check.Accounts, check.Lost, check.Passphrases, true)
                    : RehearsalReport.Failed(
                        "the set was not signed by the server whose keys it holds: somebody has changed what it says");
            }
            finally
            {
                foreach (var kek in keks) kek.Dispose();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or WireFormatException)
        {
            return RehearsalReport.Failed(e.Message);
        }
    }
}
