using System.Reflection;

namespace KeyRecovery.Client.Tests.Calls;

/// <summary>Every public call of the SDK that gives a result or a failure, as reflection finds it.</summary>
internal sealed record PublicCall(MethodInfo Method)
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyDictionary<string, PublicCall> All { get; } = typeof(KeyRecoveryClient).Assembly
        .GetExportedTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        .Where(method => Gives(method.ReturnType))
        .Select(method => new PublicCall(method))
        .ToDictionary(call => call.Name);

    /// <summary>Public calls that take their time and give nothing: not even a failure.</summary>
    public static IEnumerable<string> Without { get; } = typeof(KeyRecoveryClient).Assembly
        .GetExportedTypes()
        .Where(type => !Array.Exists(
            [typeof(IDeviceStore), typeof(IDeviceKeyStore), typeof(IItemCache)], kept => kept.IsAssignableFrom(type)))
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        .Where(method => method.ReturnType == typeof(Task) || method.ReturnType == typeof(ValueTask))
        .Where(method => method.Name != nameof(IAsyncDisposable.DisposeAsync))
        .Select(method => $"{method.DeclaringType!.Name}.{method.Name}");

    public string Name => $"{Method.DeclaringType!.Name}.{Method.Name}";

    public ParameterInfo[] Parameters => Method.GetParameters();

    /// <summary>Whether the signature does not allow null.</summary>
    public static bool NeedsValue(ParameterInfo parameter) => !parameter.ParameterType.IsValueType
        && new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.NotNull;

    /// <summary>Calls, and gives what it gives: a failure or null.</summary>
    public async Task<ClientFailure?> InvokeAsync(object on, object?[] arguments)
    {
        Task task;
        try
        {
            task = (Task)Method.Invoke(on, arguments)!;
        }
        catch (TargetInvocationException thrown)
        {
            throw thrown.InnerException!;
        }
        await task;
        var result = task.GetType().GetProperty("Result")!.GetValue(task);
        return result is null or ClientFailure
            ? (ClientFailure?)result : (ClientFailure?)result.GetType().GetProperty("Failure")?.GetValue(result);
    }

    private static bool Gives(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>)
        && type.GetGenericArguments()[0] is var given
        && (given == typeof(ClientFailure)
            || (given.IsGenericType && given.GetGenericTypeDefinition() == typeof(Result<>)));
}
