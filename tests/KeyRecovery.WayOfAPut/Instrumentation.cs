using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Microsoft.CodeAnalysis.Runtime;

/// <summary>
/// What the C# compiler calls under <c>/instrument:TestCoverage</c>: each method, constructors and lambdas with it, has
/// a payload of its own and marks in it what runs.
/// </summary>
[ExcludeFromCodeCoverage]
public static class Instrumentation
{
    private static readonly ConcurrentBag<(Guid Module, int Row, bool[] Payload)> Methods = [];

    // The name of the folder in which another process asks: it makes a file, and this one removes it when that is done.
    static Instrumentation()
    {
        if (Environment.GetEnvironmentVariable("KEYRECOVERY_WAY") is not { } folder) return;
        new Thread(() =>
        {
            for (; ; Thread.Sleep(10))
            {
                Answer(Path.Combine(folder, "forget"), Forget);
                Answer(Path.Combine(folder, "tell"), () => File.WriteAllLines(Path.Combine(folder, "told"), Tell()));
            }
        }) { IsBackground = true }.Start();
    }

    /// <summary>Called by each method at its first run.</summary>
    public static bool[] CreatePayload(Guid mvid, int methodRow, int fileIndex, ref bool[] payload, int payloadLength)
    {
        if (Interlocked.CompareExchange(ref payload!, new bool[payloadLength], null) is null)
            Methods.Add((mvid, methodRow, payload));
        return payload;
    }

    /// <summary>Called by each method of several files at its first run.</summary>
    public static bool[] CreatePayload(
        Guid mvid, int methodRow, int[] fileIndices, ref bool[] payload, int payloadLength) =>
        CreatePayload(mvid, methodRow, 0, ref payload, payloadLength);

    /// <summary>Forgets what ran.</summary>
    public static void Forget()
    {
        foreach (var (_, _, payload) in Methods) Array.Clear(payload);
    }

    /// <summary>What ran since: a line for each method, of its assembly's path and its row in the metadata.</summary>
    public static IEnumerable<string> Tell()
    {
        var assemblies = AppDomain.CurrentDomain.GetAssemblies().Where(a => !a.IsDynamic)
            .ToDictionary(a => a.ManifestModule.ModuleVersionId, a => a.Location);
        return Methods.Where(m => m.Payload.Contains(true)).Select(m => $"{assemblies[m.Module]}\t{m.Row}").ToList();
    }

    private static void Answer(string question, Action answer)
    {
        if (!File.Exists(question)) return;
        answer();
        File.Delete(question);
    }
}
