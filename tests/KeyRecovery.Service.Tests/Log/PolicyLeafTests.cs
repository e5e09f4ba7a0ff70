using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Tests.Steps;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>Each leaf names the policy of its time, and a change of it is a leaf of its own.</summary>
public sealed class PolicyLeafTests
{
    [Fact]
    public async Task A_policy_that_changed_is_told_once_by_whoever_starts_with_it_and_all_are_kept()
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        await server.Service.Log!.OpenAsync(default);
        await world.NewAccountAsync();
        await server.Service.Log.PassAsync(default);
        server.CommitsPerDay = 7;
        using var changed = server.NewService();

        await changed.Log!.OpenAsync(default);
        await changed.Log.OpenAsync(default);

        var leaves = (await LogWorld.LeavesAsync(server)).Select(leaf => AuditLeaf.Decode(leaf)).ToList();
        Assert.Equal([AuditEvent.Created, AuditEvent.PolicyChanged], leaves.Select(leaf => leaf.Event));
        Assert.Equal(leaves[0].Policy, leaves[1].Commitment);
        Assert.NotEqual(leaves[0].Policy, leaves[1].Policy);
        foreach (var (leaf, commits) in new[] { (leaves[0], 2000), (leaves[1], 7) })
        {
            var statement = await server.LogFiles.GetAsync(PolicyStatement.NameOf(leaf.Policy), default);
            Assert.Equal(leaf.Policy, Hash256.Of(statement!));
            Assert.Contains(
                $"\"commitsPerDay\":{commits},", Encoding.UTF8.GetString(statement!), StringComparison.Ordinal);
        }

        // Negative control: the same policy again is no change.
        using var same = server.NewService();
        await same.Log!.OpenAsync(default);
        Assert.Equal(2, (await LogWorld.LeavesAsync(server)).Count);
    }
}
