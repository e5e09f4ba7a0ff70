using System.Diagnostics;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Rotation;

/// <summary>A ring that cannot be replaced: pending and alarmed, never a success, and done when it can.</summary>
public sealed class RefusedRotationTests
{
    [NeedsFact(Need.Chattr)]
    public async Task An_immutable_ring_keeps_its_KEK_says_so_and_goes_on_by_itself()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"], 0, ("Rotation:RetrySeconds", "1"));
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var phone = new TestDevice(server.Address);
        using var vault = await phone.CreateAsync(await server.TokenAsync("user"), code);
        var ring = folder["data/ring/kek-ring"];

        Run("chattr", "+i", ring);
        try
        {
            var (exit, output) = await ServerProcess.RunVerbAsync(folder["data"], "rotate");
            Assert.Equal(1, exit);
            Assert.Contains("pending", output, StringComparison.Ordinal);
            Assert.Contains("RotationPending", server.Output, StringComparison.Ordinal);
            Assert.Contains("\"@l\":\"Error\"", server.Output, StringComparison.Ordinal);
            TestDevice.Value(await vault.PutAsync("during", "served all the while"u8.ToArray()));
        }
        finally
        {
            Run("chattr", "-i", ring);
        }

        var (done, told) = await ServerProcess.RunVerbAsync(folder["data"], "rotate");
        Assert.True(done == 0, told);
        Assert.Contains("done: KEK 1 destroyed, 2 is current, 1 rows moved", told, StringComparison.Ordinal);
        using var next = new TestDevice(server.Address);
        using var recovered = await next.RecoverAsync(code);
        Assert.Equal("served all the while"u8.ToArray(), TestDevice.Value(await recovered.GetAsync("during")));
    }

    [Fact]
    public async Task A_stopped_destruction_ends_by_itself_when_its_cause_is_gone()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"], 0, ("Rotation:RetrySeconds", "1"));
        // A copy beside the ring that would still open what is destroyed.
        var (ring, copy) = (folder["data/ring/kek-ring"], folder["data/ring/kek-ring.bak"]);
        File.Copy(ring, copy);
        var (exit, output) = await ServerProcess.RunVerbAsync(folder["data"], "rotate");
        Assert.Equal(1, exit);
        Assert.Contains(copy, output, StringComparison.Ordinal);
        File.Delete(copy);

        // Asked for once more, what is pending is finished first, and then a rotation of its own follows.
        var (done, told) = await ServerProcess.RunVerbAsync(folder["data"], "rotate");
        Assert.True(done == 0, told);
        Assert.Contains("destroyed, ", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_socket_is_the_owners_alone_and_refuses_what_is_no_request()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["data/ring/control.sock"]));
        foreach (var request in new[] { "nonsense", "[1]", "{}", "{\"verb\":\"rotate\",\"more\":1}",
            "{\"verb\":\"destroy\"}", new string('x', 4000) })
            Assert.Contains("error", await Control.AskAsync(folder["data/ring"], request), StringComparison.Ordinal);
        Assert.True(await Control.TryRotateAsync(folder["data/ring"], root: false));
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, process.StandardError.ReadToEnd());
    }
}
