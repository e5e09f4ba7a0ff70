using System.Security.Cryptography;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>A user with a phone, a paper and something to keep.</summary>
internal sealed class Person : IDisposable
{
    public string Subject { get; } = $"person {Guid.NewGuid():N}";

    /// <summary>The first device, once there is an account.</summary>
    public TestDevice Device { get; set; } = null!;

    /// <summary>The last one that was made beside it.</summary>
    public TestDevice? Second { get; set; }

    public RecoveryCode Code { get; } = RecoveryCode.Generate(SystemRandom.Instance);

    public byte[] Content { get; } = RandomNumberGenerator.GetBytes(500);

    public void Dispose()
    {
        Device?.Dispose();
        Code.Dispose();
    }
}
