using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// What a .NET process on Linux takes, once its garbage is gone: a collection is asked for through the runtime's
/// diagnostic port, as dotnet-gcdump does it, so that it works for any process. What it maps from files is left out,
/// since that is shared with whichever others run.
/// </summary>
internal static class ProcessMemory
{
    private const string Provider = "Microsoft-Windows-DotNETRuntime";
    private const ulong CollectKeyword = 0x800000;
    private const byte EventPipe = 2;
    private const byte StopTracing = 1;
    private const byte CollectTracing2 = 3;

    /// <summary>Collects, waits, and tells the process's own memory, anonymous and resident, in bytes.</summary>
    public static async Task<long> SettledAsync(int process)
    {
        for (var i = 0; i < 3; i++)
        {
            await CollectAsync(process);
            await Task.Delay(500);
        }
        return Anonymous(process);
    }

    private static long Anonymous(int process)
    {
        var line = File.ReadLines($"/proc/{process}/smaps_rollup")
            .First(l => l.StartsWith("Pss_Anon:", StringComparison.Ordinal));
        return 1024 * long.Parse(
            line["Pss_Anon:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    // A tracing session whose keyword collects when it begins; what it would tell is thrown away.
    private static async Task CollectAsync(int process)
    {
        var path = Directory.GetFiles(Path.GetTempPath(), $"dotnet-diagnostic-{process}-*-socket").Single();
        using var events = Connect(path);
        await events.SendAsync(Message(CollectTracing2, [
            .. UInt32(16), .. UInt32(1), 0, .. UInt32(1),
            .. UInt64(CollectKeyword), .. UInt32(4), .. Text(Provider), .. UInt32(0)]));
        var answer = new byte[28];
        await events.ReceiveAsync(answer, SocketFlags.None);
        if (answer[17] != 0) throw new InvalidOperationException("the runtime refused to collect");
        await Task.Delay(300);
        using var stop = Connect(path);
        await stop.SendAsync(Message(StopTracing, answer.AsSpan(20, 8)));
        var rest = new byte[64 * 1024];
        while (await events.ReceiveAsync(rest, SocketFlags.None) != 0) { }
    }

    private static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static byte[] Message(byte command, ReadOnlySpan<byte> payload)
    {
        var size = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(size, (ushort)(20 + payload.Length));
        return [.. "DOTNET_IPC_V1\0"u8, .. size, EventPipe, command, 0, 0, .. payload];
    }

    private static byte[] UInt32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] UInt64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Text(string text) =>
        [.. UInt32((uint)text.Length + 1), .. Encoding.Unicode.GetBytes(text), 0, 0];
}
