package belljar.kvm;

/** Programs for {@link Guest} that are stopped and carried elsewhere before they have ended. */
final class CarriedPrograms {
    /** Counts with all kinds of registers, and tells of it by ports, by a device and by strings. */
    static final String COUNT = """
            0f 01 14 25 00 06 00 00 | lgdt ds:0x600
            0f 01 1c 25 10 06 00 00 | lidt ds:0x610
            0f 20 c0                | mov rax,cr0
            83 e0 fb                | and eax,0xfffffffb
            83 c8 02                | or eax,0x2
            0f 22 c0                | mov cr0,rax
            0f 20 e0                | mov rax,cr4
            0d 00 06 00 00          | or eax,0x600
            0f 22 e0                | mov cr4,rax
            b9 82 00 00 c0          | mov ecx,0xc0000082
            b8 00 00 00 81          | mov eax,0x81000000
            ba ff ff ff ff          | mov edx,0xffffffff
            0f 30                   | wrmsr
            b9 02 01 00 c0          | mov ecx,0xc0000102
            b8 00 00 30 00          | mov eax,0x300000
            31 d2                   | xor edx,edx
            0f 30                   | wrmsr
            b9 00 01 00 c0          | mov ecx,0xc0000100
            b8 40 00 30 00          | mov eax,0x300040
            0f 30                   | wrmsr
            b9 1b 00 00 00          | mov ecx,0x1b
            0f 32                   | rdmsr
            0d 00 04 00 00          | or eax,0x400
            0f 30                   | wrmsr
            b9 32 08 00 00          | mov ecx,0x832
            b8 40 00 04 00          | mov eax,0x40040
            31 d2                   | xor edx,edx
            0f 30                   | wrmsr
            b9 e0 06 00 00          | mov ecx,0x6e0
            ba 00 00 00 40          | mov edx,0x40000000
            0f 30                   | wrmsr
            b8 00 01 30 00          | mov eax,0x300100
            0f 23 c0                | mov dr0,rax
            db e3                   | fninit
            d9 eb                   | fldpi
            b8 01 00 80 3f          | mov eax,0x3f800001
            66 0f 6e f8             | movd xmm7,eax
            66 44 0f 6e f8          | movd xmm15,eax
            41 bf 00 00 00 00       | mov r15d,0x0
            bb 01 00 00 00          | mov ebx,0x1
            41 ff c7                | inc r15d
            69 db 0d 66 19 00       | imul ebx,ebx,0x19660d
            81 c3 5f f3 6e 3c       | add ebx,0x3c6ef35f
            41 89 d8                | mov r8d,ebx
            b9 c8 00 00 00          | mov ecx,0xc8
            41 c1 c8 03             | ror r8d,0x3
            41 01 c8                | add r8d,ecx
            e2 f7                   | loop 10008e
            d9 e8                   | fld1
            de c1                   | faddp st(1),st
            d9 c0                   | fld st(0)
            d9 fa                   | fsqrt
            dd 1c 25 10 00 30 00    | fstp QWORD PTR ds:0x300010
            f3 41 0f 59 ff          | mulss xmm7,xmm15
            66 44 0f fe ff          | paddd xmm15,xmm7
            66 44 0f 7e f8          | movd eax,xmm15
            03 04 25 10 00 30 00    | add eax,DWORD PTR ds:0x300010
            44 01 c0                | add eax,r8d
            89 04 25 08 00 30 00    | mov DWORD PTR ds:0x300008,eax
            0f 01 f8                | swapgs
            65 8b 04 25 08 00 00 00 | mov eax,DWORD PTR gs:0x8
            0f 01 f8                | swapgs
            64 89 04 25 00 00 00 00 | mov DWORD PTR fs:0x0,eax
            e7 80                   | out 0x80,eax
            8b 04 25 04 00 00 20    | mov eax,DWORD PTR ds:0x20000004
            44 01 f8                | add eax,r15d
            64 03 04 25 00 00 00 00 | add eax,DWORD PTR fs:0x0
            89 04 25 08 00 00 20    | mov DWORD PTR ds:0x20000008,eax
            be 08 00 30 00          | mov esi,0x300008
            b9 03 00 00 00          | mov ecx,0x3
            66 ba 10 05             | mov dx,0x510
            f3 6e                   | rep outs dx,BYTE PTR ds:[rsi]
            b9 82 00 00 c0          | mov ecx,0xc0000082
            0f 32                   | rdmsr
            0f 21 c1                | mov rcx,dr0
            01 c8                   | add eax,ecx
            44 0f 20 c1             | mov rcx,cr8
            01 c8                   | add eax,ecx
            01 d0                   | add eax,edx
            44 01 f8                | add eax,r15d
            e7 80                   | out 0x80,eax
            b9 e0 06 00 00          | mov ecx,0x6e0
            0f 32                   | rdmsr
            01 d0                   | add eax,edx
            44 01 f8                | add eax,r15d
            44 0f 20 c1             | mov rcx,cr8
            e7 80                   | out 0x80,eax
            ff c1                   | inc ecx
            83 e1 07                | and ecx,0x7
            44 0f 22 c1             | mov cr8,rcx
            41 83 ff 3c             | cmp r15d,0x3c
            0f 85 32 ff ff ff       | jne 10009f
            e6 f4                   | out 0xf4,al
            """;

    /** Raises and lowers its priority, and ends when it is not what it was; or after 3000 rounds, with 0. */
    static final String PRIORITY = """
            be b8 0b 00 00 | mov esi,0xbb8
            89 f0          | mov eax,esi
            83 e0 07       | and eax,0x7
            44 0f 22 c0    | mov cr8,rax
            b9 14 00 00 00 | mov ecx,0x14
            e2 fe          | loop 100013
            44 0f 20 c2    | mov rdx,cr8
            39 d0          | cmp eax,edx
            75 04          | jne 100021
            ff ce          | dec esi
            75 e4          | jne 100005
            89 f0          | mov eax,esi
            e7 80          | out 0x80,eax
            e6 f4          | out 0xf4,al
            """;

    /** Interrupts itself, and is to be interrupted only behind the instruction after STI. */
    static final String SHADOW = """
            0f 01 14 25 00 06 00 00 | lgdt ds:0x600
            0f 01 1c 25 10 06 00 00 | lidt ds:0x610
            b9 1b 00 00 00          | mov ecx,0x1b
            0f 32                   | rdmsr
            0d 00 04 00 00          | or eax,0x400
            0f 30                   | wrmsr
            b9 0f 08 00 00          | mov ecx,0x80f
            b8 ff 01 00 00          | mov eax,0x1ff
            31 d2                   | xor edx,edx
            0f 30                   | wrmsr
            41 bf 00 00 00 00       | mov r15d,0x0
            41 ff c7                | inc r15d
            b9 3f 08 00 00          | mov ecx,0x83f
            b8 40 00 00 00          | mov eax,0x40
            31 d2                   | xor edx,edx
            0f 30                   | wrmsr
            44 89 f8                | mov eax,r15d
            fb                      | sti
            e7 80                   | out 0x80,eax
            90                      | nop
            fa                      | cli
            b9 0b 08 00 00          | mov ecx,0x80b
            31 c0                   | xor eax,eax
            0f 30                   | wrmsr
            41 81 ff 00 01 00 00    | cmp r15d,0x100
            75 d5                   | jne 100032
            e6 f4                   | out 0xf4,al
            """;

    /** Reads the time stamp counter and, as the interface of KVM's clock wants it, the time; without an end. */
    static final String TIME = """
            b9 01 4d 56 4b          | mov ecx,0x4b564d01
            b8 01 10 30 00          | mov eax,0x301001
            31 d2                   | xor edx,edx
            0f 30                   | wrmsr
            44 8b 04 25 00 10 30 00 | mov r8d,DWORD PTR ds:0x301000
            41 f7 c0 01 00 00 00    | test r8d,0x1
            75 ef                   | jne 10000e
            0f 31                   | rdtsc
            48 c1 e2 20             | shl rdx,0x20
            48 09 d0                | or rax,rdx
            49 89 c2                | mov r10,rax
            48 2b 04 25 08 10 30 00 | sub rax,QWORD PTR ds:0x301008
            0f be 0c 25 1c 10 30 00 | movsx ecx,BYTE PTR ds:0x30101c
            85 c9                   | test ecx,ecx
            78 05                   | js 100044
            48 d3 e0                | shl rax,cl
            eb 05                   | jmp 100049
            f7 d9                   | neg ecx
            48 d3 e8                | shr rax,cl
            8b 14 25 18 10 30 00    | mov edx,DWORD PTR ds:0x301018
            48 f7 e2                | mul rdx
            48 0f ac d0 20          | shrd rax,rdx,0x20
            48 03 04 25 10 10 30 00 | add rax,QWORD PTR ds:0x301010
            44 3b 04 25 00 10 30 00 | cmp r8d,DWORD PTR ds:0x301000
            75 a4                   | jne 10000e
            4c 89 14 25 00 00 30 00 | mov QWORD PTR ds:0x300000,r10
            48 89 04 25 08 00 30 00 | mov QWORD PTR ds:0x300008,rax
            eb 92                   | jmp 10000e
            """;

    private CarriedPrograms() {}
}
